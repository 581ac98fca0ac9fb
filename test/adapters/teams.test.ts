import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { teamsChannel } from '../../functions/adapters/teams.ts';
import { sampleMessages } from '../../local/cards/sample-messages.ts';

const off = {
  error: {
    code: 'WorkflowTriggerIsNotEnabled',
    message: "Could not execute workflow trigger 'manual' with state 'Disabled'.",
  },
};
const unread = { error: { code: 'TriggerInputSchemaMismatch', message: 'Expected Object but got Null.' } };

test.each([
  ['that it is turned off', off, 'out-of-order', /answered 400: the flow is turned off or deleted$/],
  ['that it cannot read the card', unread, 'refused', /answered 400$/],
])('when a flow answers 400 and says %s, then it is judged by that', async (_, body, kind, reason) => {
  const server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/workflows?sig=hush`;
  const channel = teamsChannel({ name: 'teams', url, card: 'message', now: () => new Date() });
  const message = sampleMessages.finding;
  if (!message) throw new Error('no sample');
  const outcome = await channel.send(message, new AbortController().signal);
  server.close();
  server.closeAllConnections();
  expect(outcome).toEqual({ kind, reason: expect.stringMatching(reason) });
});
