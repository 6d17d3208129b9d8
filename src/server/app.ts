// The HTTP door: routes and their bodies. Comes in: JSON and captures. Goes out: verdicts, counters, problems.

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RulesetError } from '../load.ts';
import { ClassifyBody, requestCapture } from './packets.ts';
import { diagnosticJson, Problem, rulesetProblem } from './problem.ts';
import type { Service } from './service.ts';
import { type Violation, violationProblem } from './violation.ts';

const TEXT_TYPES = ['text/plain'];
const JSON_TYPES = ['application/json'];
const CAPTURE_TYPES = ['application/vnd.tcpdump.pcap', 'application/x-pcapng', 'application/octet-stream'];
const BODY_LIMIT_BYTES = 64 << 20;

const FamilyQuery = Type.Object({ family: Type.Optional(Type.Enum(['4', '6'])) }, { additionalProperties: false });

const CaptureQuery = Type.Object(
  { in: Type.Optional(Type.String({ maxLength: 15, description: 'Interface of captures that name none' })) },
  { additionalProperties: false },
);

function familyOf(query: { family?: '4' | '6' }): 4 | 6 {
  return query.family === '6' ? 6 : 4;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of bodies the route takes. */
    takes?: readonly string[];
  }
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

  app.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body as string));
    } catch (error) {
      done(new Problem('bad-request', `the body is no JSON: ${(error as Error).message}`));
    }
  });
  app.addHook('onRequest', checkBodyType);

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.routeOptions.bodyLimit);
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

  app.put(
    '/v1/rules',
    { schema: { querystring: FamilyQuery, body: Type.String() }, config: { takes: TEXT_TYPES } },
    (request) => {
      const family = familyOf(request.query);
      const source = { name: 'request body', text: request.body };
      const { diagnostics } = service.load(family === 4 ? { rules: source } : { rules6: source });
      return { ...rulesSummary(service), warnings: diagnostics.map(diagnosticJson) };
    },
  );
  app.get('/v1/rules', () => rulesSummary(service));
  app.get('/v1/counters', { schema: { querystring: FamilyQuery } }, (request, reply) =>
    reply.type('text/plain; charset=utf-8').send(service.savedCounters(familyOf(request.query))),
  );
  app.get('/v1/conntrack', (_request, reply) => reply.type('text/plain; charset=utf-8').send(service.conntrack()));

  app.post('/v1/classify', { schema: { body: ClassifyBody }, config: { takes: JSON_TYPES } }, async (request, reply) => {
    const { revision } = service;
    let lines = '';
    await service.classify(requestCapture(request.body.packets, Date.now()), '', (piece) => {
      lines += piece;
    });
    // The lines are JSON already: they are not read again to be written again.
    const results = `[${lines.trimEnd().replaceAll('\n', ',')}]`;
    return reply.type('application/json; charset=utf-8').send(`{"revision":${JSON.stringify(revision)},"results":${results}}`);
  });
  app.post(
    '/v1/classify/capture',
    { schema: { querystring: CaptureQuery, body: Type.Any() }, config: { takes: CAPTURE_TYPES } },
    (request, reply) => sendVerdicts(service, request.body as Buffer, request.query.in ?? '', reply),
  );
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
    if (!stream.write(piece) && !stream.destroyed) await takesMore(stream);
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

/** Waits until a stream takes more, or never will. */
async function takesMore(stream: PassThrough): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
  } finally {
    // The other would listen on until the stream is closed, one more for each piece.
    settled.abort();
  }
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { document } = problem;
  return reply.code(document.status).type('application/problem+json').send(document);
}

/** Refuses a body that the route does not take before it is read. */
function checkBodyType(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const { takes } = request.routeOptions.config;
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'];
  if (!takes) done();
  else if (type === undefined || !takes.includes(type)) {
    const found = type === undefined ? 'no content-type' : type;
    done(new Problem('unsupported-media-type', `the body must be ${takes.join(', ')}; the request has ${found}`));
  } else if (encoding !== undefined && encoding !== 'identity') {
    done(new Problem('unsupported-media-type', `the body must come as it is, without content-encoding ${encoding}`));
  } else done();
}

/** What Fastify, the loader and the routes throw, as a row of the table. */
function problemOf(error: unknown, bodyLimitBytes: number): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RulesetError) return rulesetProblem(error.diagnostics);
  const { statusCode, message, validation, validationContext } = error as {
    statusCode?: number;
    message: string;
    validation?: readonly Violation[];
    validationContext?: string;
  };
  if (validation) return violationProblem(validation, validationContext === 'querystring' ? 'query' : 'body');
  if (statusCode === 413) return new Problem('too-large', `a body has at most ${bodyLimitBytes} bytes`);
  if (statusCode === 415) return new Problem('unsupported-media-type', message);
  if (statusCode !== undefined && statusCode < 500) return new Problem('bad-request', message);
  return new Problem('internal', 'see the log of the service');
}
