/** A constant of the query that is taken as it is (a pattern, a format) is none that works here. */
export class BadConstant extends Error {
  override readonly name = 'BadConstant';
}
