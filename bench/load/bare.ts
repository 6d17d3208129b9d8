// The bare service that the suite http compares with: Fastify, the same bodies read the same way, and an answer that needs no thought.
// `node bare.js PORT`

import Fastify from 'fastify';

const BODY_LIMIT_BYTES = 64 << 20;

const app = Fastify({ logger: true, bodyLimit: BODY_LIMIT_BYTES });
app.addContentTypeParser('application/vnd.tcpdump.pcap', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/readyz', () => ({ status: 'ready' }));
app.post<{ Body: { packets: readonly unknown[] } }>('/v1/classify', ({ body }) => ({
  revision: '0',
  results: body.packets.map((_, i) => ({ packet: i + 1, verdict: 'ACCEPT' })),
}));
app.post<{ Headers: { packets: string } }>('/v1/classify/capture', ({ headers }, reply) => {
  const lines = Array.from({ length: Number(headers.packets) }, (_, i) => `{"packet":${i + 1},"verdict":"ACCEPT"}\n`);
  return reply.type('application/x-ndjson').send(lines.join(''));
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
