import type { Message } from '../../../functions/domain/messages/message.ts';
import { type Route, unknownHunts, wants } from '../../../functions/domain/messages/route.ts';
import { addigy, sampleMessage } from '../../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../../local/cards/sample-notices.ts';
import { hunt } from '../../examples.ts';

const findings = sampleMessage([], { hunt: { ...addigy, file: 'hunts/addigy.yaml' } });

test.each<[Route | undefined, Message, boolean]>([
  [undefined, findings, true],
  [{}, findings, true],
  [{ kinds: ['findings'] }, findings, true],
  [{ kinds: ['weekly', 'baseline'] }, findings, false],
  [{ hunts: ['addigy'] }, findings, true],
  [{ hunts: ['other', addigy.id] }, findings, true],
  [{ hunts: [addigy.name.toUpperCase()] }, findings, true],
  [{ hunts: ['other'] }, findings, false],
  [{ tactics: ['CommandAndControl'] }, findings, true],
  [{ tactics: ['Command and Control'] }, findings, true],
  [{ tactics: ['Persistence'] }, findings, false],
  [{ hunts: ['addigy'], tactics: ['Persistence'] }, findings, false],
  [{ hunts: ['addigy'], kinds: ['findings'], tactics: ['command-and-control'] }, findings, true],
  [{ hunts: ['other'] }, sampleNotices['not-completed'], false],
  [{ kinds: ['not-completed'] }, sampleNotices['not-completed'], true],
  [{ hunts: ['other'], tactics: ['Persistence'] }, sampleNotices.weekly, true],
  [{ kinds: ['findings'] }, sampleNotices.weekly, false],
])('when a channel is for %j, then %#', (route, message, wanted) => {
  expect(wants(route, message)).toBe(wanted);
});

test('a route for a hunt that is not there is found out', () => {
  expect(unknownHunts({ hunts: ['example', hunt.id, 'typo'] }, [hunt])).toEqual(['typo']);
  expect(unknownHunts(undefined, [hunt])).toEqual([]);
});
