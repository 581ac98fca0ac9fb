import { renderCard } from './render-card.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const deliveries = document.getElementById('deliveries');

async function show() {
  const received = await (await fetch('received')).json();
  document.getElementById('empty').hidden = received.length > 0;
  deliveries.replaceChildren(...received.reverse().map(draw));
}

function draw(delivery) {
  const section = document.createElement('section');
  const title = document.createElement('h2');
  title.textContent = `${new Date(delivery.at).toLocaleString()} · ${delivery.channel} · answered ${delivery.status} · ${delivery.verdict}`;
  title.classList.toggle('refused', delivery.status >= 400);
  const bare = delivery.json?.type === 'AdaptiveCard' ? delivery.json : undefined;
  const card = delivery.channel === 'teams' && (delivery.json?.attachments?.[0]?.content ?? bare);
  section.append(title, card ? drawCard(card) : drawJson(delivery));
  return section;
}

function drawCard(content) {
  const frame = document.createElement('div');
  frame.className = 'card';
  frame.append(renderCard(content, dark.matches ? 'dark' : 'light') ?? 'an empty card');
  return frame;
}

function drawJson({ json, body }) {
  const pre = document.createElement('pre');
  pre.textContent = json === undefined ? body : JSON.stringify(json, null, 2);
  return pre;
}

dark.addEventListener('change', show);
new EventSource('events').addEventListener('message', show);
await show();
