// The HTTP door: routes and their bodies. Comes in: JSON and captures. Goes out: verdicts, counters, problems.

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { RulesetError } from '../load.ts';
import { ClassifyBody, requestCapture } from './packets.ts';
import { diagnosticJson, Problem, rulesetProblem } from './problem.ts';
import type { Service } from './service.ts';

const CAPTURE_TYPES = ['application/vnd.tcpdump.pcap', 'application/x-pcapng', 'application/octet-stream'];
const BODY_LIMIT_BYTES = 64 << 20;

const FamilyQuery = Type.Object(
  { family: Type.Optional(Type.Union([Type.Literal('4'), Type.Literal('6')])) },
  { additionalProperties: false },
);

const CaptureQuery = Type.Object(
  { in: Type.Optional(Type.String({ maxLength: 15, description: 'Interface of captures that name none' })) },
  { additionalProperties: false },
);

function familyOf(query: { family?: '4' | '6' }): 4 | 6 {
  return query.family === '6' ? 6 : 4;
}

export interface AppOptions {
  readonly log?: boolean;
  /** Most bytes of a request body. */
  readonly bodyLimitBytes?: number;
}

/** Builds the service's routes over a firewall; the caller listens. */
export function buildApp(service: Service, options: AppOptions = {}) {
  const app = Fastify({
    logger: options.log ?? false,
    bodyLimit: options.bodyLimitBytes ?? BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle',
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .withTypeProvider<TypeBoxTypeProvider>();
  app.addContentTypeParser(CAPTURE_TYPES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.kind === 'internal') request.log.error(error);
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new Problem('not-found', `no route ${request.method} ${request.url}`)),
  );

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const { isReady } = service;
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'no ruleset is loaded' });
  });

  app.put('/v1/rules', { schema: { querystring: FamilyQuery, body: Type.String() } }, (request) => {
    const family = familyOf(request.query);
    const source = { name: 'request body', text: request.body };
    const { diagnostics } = service.load(family === 4 ? { rules: source } : { rules6: source });
    return { ...rulesSummary(service), warnings: diagnostics.map(diagnosticJson) };
  });
  app.get('/v1/rules', () => rulesSummary(service));
  app.get('/v1/counters', { schema: { querystring: FamilyQuery } }, (request, reply) =>
    reply.type('text/plain').send(service.savedCounters(familyOf(request.query))),
  );
  app.get('/v1/conntrack', (_request, reply) => reply.type('text/plain').send(service.conntrack()));

  app.post('/v1/classify', { schema: { body: ClassifyBody } }, async (request) => {
    const { revision } = service;
    let lines = '';
    await service.classify(requestCapture(request.body.packets, Date.now()), '', (piece) => {
      lines += piece;
    });
    return { revision, results: JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`) };
  });
  app.post('/v1/classify/capture', { schema: { querystring: CaptureQuery, body: Type.Any() } }, (request, reply) => {
    if (!Buffer.isBuffer(request.body)) {
      throw new Problem('unsupported-media-type', `a capture has one of the types ${CAPTURE_TYPES.join(', ')}`);
    }
    return sendVerdicts(service, request.body, request.query.in ?? '', reply);
  });
  return app;
}

function rulesSummary(service: Service) {
  return {
    revision: service.revision,
    rulesets: service.rulesets.map(({ family, ruleset }) => ({
      family,
      tables: ruleset.tables.map((table) => table.name),
      rules: ruleset.ruleCount,
    })),
    assumptions: service.assumptions,
  };
}

/** Streams the verdicts of a capture as JSON lines, at the pace the client reads. Damage is the last line, after all results. */
async function sendVerdicts(
  service: Service,
  capture: Buffer,
  unnamedInterface: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { revision } = service;
  const stream = new PassThrough();
  const whole = service.classify(capture, unnamedInterface, async (piece) => {
    if (!stream.write(piece) && !stream.destroyed) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
  });
  whole.then(
    ({ damage }) => {
      for (const message of damage) stream.write(`${JSON.stringify({ error: new Problem('bad-capture', message).document })}\n`);
      stream.end();
    },
    (error: unknown) => stream.destroy(error as Error),
  );
  return reply.type('application/x-ndjson').header('hookline-revision', revision).send(stream);
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { document } = problem;
  return reply.code(document.status).type('application/problem+json').send(document);
}

/** What Fastify, the loader and the routes throw, as a row of the table. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RulesetError) return rulesetProblem(error.diagnostics);
  const { statusCode, message, validation } = error as {
    statusCode?: number;
    message: string;
    validation?: readonly { instancePath: string; message?: string }[];
  };
  if (validation) {
    return new Problem('bad-request', message, {
      errors: validation.map((v) => ({ pointer: v.instancePath, message: v.message })),
    });
  }
  if (statusCode === 413) return new Problem('too-large', message);
  if (statusCode === 415) return new Problem('unsupported-media-type', message);
  if (statusCode !== undefined && statusCode < 500) return new Problem('bad-request', message);
  return new Problem('internal', 'see the log of the service');
}
