import type { Message } from '../domain/messages/message.ts';
import { ocsfFinding } from '../domain/messages/ocsf-finding.ts';
import type { Channel } from '../ports/channel.ts';
import { sendJson } from './http/send-json.ts';
import { webhookHeaders } from './http/webhook-headers.ts';

export interface GenericWebhookSettings {
  /** Unique among the channels. */
  name: string;
  url: string;
  /** One, or two while they are rotated: the receiver may know either. */
  secrets: readonly string[];
  /** The wire's clock, not the hunt's: the receiver compares the signature's time with its own. */
  now: () => Date;
}

/**
 * Another team's system (a SOAR, a SIEM, a queue), told in OCSF and signed the Standard Webhooks way. Posts every part of a message; `webhook-id` is the
 * message's id, so a receiver can drop what it already has.
 * @throws when there is no secret, or one is not base64
 */
export function genericWebhookChannel({ name, url, secrets, now }: GenericWebhookSettings): Channel {
  webhookHeaders('check', '', secrets, now());
  return {
    name,
    kind: 'webhook',
    async send(message, signal) {
      const body = JSON.stringify(webhookBody(message));
      const headers = webhookHeaders(message.id, body, secrets, now());
      return sendJson({ url, body, headers, signal, now });
    },
  };
}

/**
 * The envelope that Standard Webhooks recommends (`type`, `timestamp`, `data`), with the message's findings as OCSF Detection Findings in `data.findings`.
 *
 * An envelope rather than a bare array: one body is one signature and one id; `type` routes it; and what is true of the run as a whole (coverage, hidden, problems, part n of m)
 * has a place that OCSF's single finding lacks. A receiver that wants OCSF alone takes `data.findings`.
 * A hunt's health and the weekly summary are no detections: they come with the message's own fields, and no `findings`.
 */
function webhookBody(message: Message) {
  const { kind, createdAt, ...data } = message;
  return {
    type: `hunt.${kind}`,
    timestamp: createdAt,
    data:
      'findings' in message
        ? { ...data, findings: message.findings.map((finding) => ocsfFinding(finding, message)) }
        : data,
  };
}
