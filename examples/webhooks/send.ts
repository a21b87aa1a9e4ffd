// Signs order.json, or the file that is named, and posts it. Needs nothing but Node 18 or later:
//   npx tsx send.ts, or node --experimental-strip-types send.ts (Node 22.6 or later).
// WEBHOOK_URL and WEBHOOK_SECRET are what POST /v1/connections answered.
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

// send posts one body; where the service cannot store it, sends it again.
async function send(body: Buffer, url: string, secret: string): Promise<string> {
  for (const wait of [0, 1, 5, 30]) {
    await pause(wait * 1000);
    // The signature is over the timestamp, a point and the raw bytes of the body.
    const now = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', secret).update(now + '.').update(body).digest('hex');
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', 'X-Timestamp': now, 'X-Signature': `sha256=${mac}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok) return answer.text();
    if (answer.status !== 429 && answer.status !== 503) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
  throw new Error('not stored: send it again later');
}

const file = process.argv[2] ?? new URL('order.json', import.meta.url);
console.log(await send(await readFile(file), process.env.WEBHOOK_URL!, process.env.WEBHOOK_SECRET!));
