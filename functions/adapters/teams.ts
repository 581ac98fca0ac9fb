import { teamsCard } from '../domain/messages/teams-card.ts';
import type { Channel } from '../ports/channel.ts';
import { pace } from './http/pace.ts';
import type { Answer } from './http/post-json.ts';
import { sendJson } from './http/send-json.ts';

export interface TeamsSettings {
  /** Unique among the channels. */
  name: string;
  /** Of a Workflows webhook ("When a Teams webhook request is received"); its `sig=` is a secret. */
  url: string;
  /** `message`: the card as an attachment of a message, as Workflows' templates take it. `bare`: the card alone, for flows that post what they are given. */
  card: 'message' | 'bare';
  now: () => Date;
}

/** Teams takes about four requests a second. */
const INTERVAL_MS = 250;

/** A flow answers 202 when it has the request, before it does anything; 200 when its author gave it an answer of its own. */
const tookIt = ({ status }: Answer) => status === 202 || status === 200;

/** A flow that was turned off or deleted answers 400, like one that cannot read what it gets; its error has this code. */
const trouble = ({ body }: Answer) =>
  body.includes('"WorkflowTriggerIsNotEnabled"') ? 'the flow is turned off or deleted' : undefined;

/**
 * A Teams channel or chat, through a Workflows webhook. Posts the first part of a message; the card tells how much more there is.
 *
 * `delivered` means that the flow accepted the card (202). Whether Teams then showed it only the flow's run history tells: a flow whose
 * owner has left, or that Teams refused the card from, accepts all the same.
 */
export function teamsChannel({ name, url, card, now }: TeamsSettings): Channel {
  const turn = pace(INTERVAL_MS);
  return {
    name,
    kind: 'teams',
    async send(message, signal) {
      if ('part' in message && message.part.number > 1) return { kind: 'not-needed' };
      const post = teamsCard(message);
      const body = JSON.stringify(card === 'bare' ? post.attachments[0].content : post);
      return sendJson({ url, body, signal, now, accepts: tookIt, trouble }, turn);
    },
  };
}
