import { type Cases, emptyEngine } from '../kql.ts';

/** Each function with the numbers of its page in the KQL reference, or ones that follow from its formula. */

const kql = emptyEngine();

/** A dynamic literal. */
const d = (json: string): string => `dynamic(${json})`;

describe('element by element', () => {
  const pair = `${d('[1, 2, 4, "x"]')}, ${d('[4, 2, 1.5]')}`;
  const cases: Cases = [
    [`tostring(series_add(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')}))`, '[5,4,5]'],
    [`tostring(series_add(${pair}))`, '[5,4,5.5,null]'],
    [`tostring(series_subtract(${d('[1, 2]')}, ${d('[4, 2.0]')}))`, '[-3,0.0]'],
    [`tostring(series_multiply(${d('[3, 6, 12]')}, ${d('[12, 6, 3]')}))`, '[36,36,36]'],
    [`tostring(series_multiply(${d('[4611686018427387903]')}, ${d('[2]')}))`, '[9223372036854775806]'],
    [`tostring(series_divide(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')}))`, '[0.25,1.0,4.0]'],
    [`tostring(series_pow(${d('[1, 2, 3, 4]')}, ${d('[1, 2, 3, 0.5]')}))`, '[1.0,4.0,27.0,2.0]'],
    [`series_greater(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')})`, [false, false, true]],
    [`series_greater_equals(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')})`, [false, true, true]],
    [`series_less(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')})`, [true, false, false]],
    [`series_less_equals(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')})`, [true, true, false]],
    [`series_equals(${d('[1, 2, 4]')}, ${d('[4, 2.0, 1]')})`, [false, true, false]],
    [`series_not_equals(${d('[1, 2, 4]')}, ${d('[4, 2, null]')})`, [true, false, null]],
    [`tostring(series_abs(${d('[-6.5, 0, 8.2, "x"]')}))`, '[6.5,0,8.2,null]'],
    [`tostring(series_floor(${d('[-1.5, 1, 2.5]')}))`, '[-2.0,1.0,2.0]'],
    [`tostring(series_ceiling(${d('[-1.5, 1, 2.5]')}))`, '[-1.0,1.0,3.0]'],
    [`series_exp(${d('[1, 2, 3]')})`, [Math.E, 7.38905609893065, 20.085536923187668]],
    [`tostring(series_sin(${d('[0]')}))`, '[0.0]'],
    [`tostring(series_cos(${d('[0]')}))`, '[1.0]'],
    [`series_add(parse_json('1'), parse_json('[1]'))`, null],
  ];
  test.each(cases)('%s', kql.expectValue);
});

describe('what is missing is filled', () => {
  const gaps = d('[null, 111, null, 36, 41, null, null, 16, null]');
  const cases: Cases = [
    [`series_fill_forward(${gaps})`, [null, 111, 111, 36, 41, 41, 41, 16, 16]],
    [`series_fill_backward(${gaps})`, [111, 111, 36, 36, 41, 16, 16, 16, null]],
    [`series_fill_forward(${d('[1, -1, 2, -1.0]')}, -1)`, [1, 1, 2, 2]],
    [`tostring(series_fill_const(${d('[111, null, 36]')}, 0.0))`, '[111,0.0,36]'],
    [`tostring(series_fill_const(${d('[111, null, 0]')}, -1, 0))`, '[111,null,-1]'],
    [`tostring(series_fill_linear(${gaps}))`, '[111,111,73,36,41,32,24,16,16]'],
    [`tostring(series_fill_linear(${gaps}, double(null), false))`, '[null,111,73,36,41,32,24,16,null]'],
    [`tostring(series_fill_linear(${d('[111.0, null, 36.0]')}, double(null), true))`, '[111.0,73.5,36.0]'],
    [`tostring(series_fill_linear(${d('[null, null]')}))`, '[0.0,0.0]'],
  ];
  test.each(cases)('%s', kql.expectValue);
});

describe('numbers of a whole series', () => {
  const cases: Cases = [
    [`series_sum(${d('[1, 2, 3, 4]')})`, 10],
    [`series_product(${d('[1, 2, 3, 4]')})`, 24],
    [`series_magnitude(${d('[1, 2, 3, 4]')})`, Math.sqrt(30)],
    [`series_dot_product(${d('[1, 2, 4]')}, ${d('[4, 2, 1]')})`, 12],
    [`series_dot_product(${d('[3, 6, 12]')}, 3)`, 63],
    [`series_dot_product(${d('[]')}, ${d('[1]')})`, null],
    [`series_pearson_correlation(${d('[1, 2, 3, 4, 5]')}, ${d('[2, 4, 6, 8, 10]')})`, 1],
    [`series_pearson_correlation(${d('[1, 2]')}, ${d('[2]')})`, null],
    [
      `round(series_cosine_similarity(${d('[0.1, 0.2, 0.1, 0.2]')}, ${d('[1, 2, 3, 4]')}), 12)`,
      0.923760430703,
    ],
    [`series_iir(${d('[1, 2, 3, 4]')}, ${d('[1]')}, ${d('[1, -1]')})`, [1, 3, 6, 10]],
  ];
  test.each(cases)('%s', kql.expectValue);
});

const numbers = d('[23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29]');

test('the usual statistics, as a bag and as columns', async () => {
  const stats = { min: 2, min_idx: 8, max: 87, max_idx: 3, avg: 32.8, sum: 492, len: 15 };
  expect(await kql.value(`series_stats_dynamic(${numbers})`)).toEqual({
    ...stats,
    stdev: expect.closeTo(28.503633853548269, 12),
    variance: expect.closeTo(812.45714285714291, 12),
  });
  expect(await kql.rows(`print x = ${numbers} | project series_stats(x)`)).toEqual([
    {
      series_stats_x_min: 2,
      series_stats_x_min_idx: 8n,
      series_stats_x_max: 87,
      series_stats_x_max_idx: 3n,
      series_stats_x_avg: 32.8,
      series_stats_x_stdev: expect.closeTo(28.5036338535483, 12),
      series_stats_x_variance: expect.closeTo(812.457142857143, 10),
    },
  ]);
  expect(await kql.value(`series_stats_dynamic(${d('[1, null]')})`)).toBeNull();
  expect(await kql.value(`series_stats_dynamic(${d('[1, null, 3]')}, true).avg`)).toBe(2);
});

test('the nearest line', async () => {
  const growing = d('[2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]');
  const [row] = await kql.rows(
    `print y = ${growing} | extend (RSquare, Slope, Variance, RVariance, Interception, LineFit) = series_fit_line(y) | project-away y`,
  );
  expect(row).toEqual({
    RSquare: expect.closeTo(0.983, 3),
    Slope: expect.closeTo(2.731, 3),
    Variance: expect.closeTo(98.629, 3),
    RVariance: expect.closeTo(1.686, 3),
    Interception: expect.closeTo(-1.667, 3),
    LineFit: expect.arrayContaining([expect.closeTo(1.064, 3), expect.closeTo(31.103, 3)]),
  });
  expect(await kql.value(`series_fit_line_dynamic(${growing}).line_fit[11]`)).toBeCloseTo(31.103, 3);
});

test.each([
  ['print d = dynamic([1])\n| extend (a, b) = series_stats(d)', 'names 2 of 7'],
  ['print d = dynamic([1])\n| extend a = series_decompose_anomalies(d)', 'series_decompose_anomalies'],
  ['print d = dynamic([1])\n| extend a = series_outliers(d)', 'series_outliers'],
  ['print d = dynamic([1])\n| extend a = series_fir(d, dynamic([1]))', 'series_fir'],
  [
    'print d = dynamic([1])\n| extend a = series_fill_linear(d, 0, true, 3.1)',
    'series_fill_linear() with 4 arguments',
  ],
])('%s is refused at its place', async (query, message) => {
  await expect(kql.run(query)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining(message), line: 2 },
  });
});
