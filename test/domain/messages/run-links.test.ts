import { gunzipSync } from 'node:zlib';
import { runLinks } from '../../../functions/domain/messages/run-links.ts';
import { daysAgo, now } from '../../examples.ts';

const place = (name: string) => ({
  resourceId: `/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/${name}`,
});
const run = {
  runId: '20261124T120000Z-0a1b2c3d',
  query: 'DeviceNetworkEvents',
  window: { timespan: { from: daysAgo(7), to: now }, to: now },
};

/** What a link opens: the workspace's name and the query. */
function opened(url: string | undefined) {
  const [, resource = '', packed = ''] = /resourceId\/([^/]+)\/.*\/q\/([^/]+)\//.exec(url ?? '') ?? [];
  return {
    workspace: decodeURIComponent(resource).split('/').at(-1),
    query: gunzipSync(Buffer.from(decodeURIComponent(packed), 'base64')).toString(),
  };
}

test('when both workspaces are known, then the query opens in the one and the run and its devices in the other', () => {
  const links = runLinks({ workspace: place('sentinel'), telemetry: place('telemetry') }, run);
  expect(opened(links.queryUrl)).toEqual({
    workspace: 'sentinel',
    query: expect.stringContaining('DeviceNetworkEvents'),
  });
  for (const url of [links.runUrl, links.historyUrl]) {
    expect(opened(url)).toEqual({ workspace: 'telemetry', query: expect.stringContaining(`"${run.runId}"`) });
  }
});

test('when nothing is known of the portal, then there are no links', () => {
  expect(runLinks({}, run)).toEqual({});
});
