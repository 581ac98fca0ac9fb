import { slackPost } from '../domain/messages/slack-blocks.ts';
import type { Channel } from '../ports/channel.ts';
import { pace } from './http/pace.ts';
import type { Answer } from './http/post-json.ts';
import { sendJson } from './http/send-json.ts';

export interface SlackSettings {
  /** Unique among the channels. */
  name: string;
  /** Of an incoming webhook (`https://hooks.slack.com/services/…`): all of its path is a secret. */
  url: string;
  now: () => Date;
}

/** Slack takes one message a second and webhook. */
const INTERVAL_MS = 1_000;

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: "you'll receive an HTTP 200 response with a plain text ok". */
const tookIt = ({ status, body }: Answer) => status === 200 && body.trim() === 'ok';

/** A Slack channel, through an incoming webhook. Posts the first part of a message; it tells how much more there is. */
export function slackChannel({ name, url, now }: SlackSettings): Channel {
  const turn = pace(INTERVAL_MS);
  return {
    name,
    kind: 'slack',
    async send(message, signal) {
      if ('part' in message && message.part.number > 1) return { kind: 'not-needed' };
      const body = JSON.stringify(slackPost(message));
      return sendJson({ url, body, signal, now, accepts: tookIt }, turn);
    },
  };
}
