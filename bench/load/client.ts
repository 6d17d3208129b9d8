// An HTTP/1.1 client for load: connections that stay open, one request at a time on each, and hardly any work beside. It reads only what the
// servers under test send: a status line, and a body by its length or in chunks.

import { connect, type Socket } from 'node:net';

export interface HttpRequest {
  readonly path: string;
  readonly type: string;
  /** Told in a header, which only the bare service reads. */
  readonly packets: number;
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: Buffer;
}

const END_OF_HEAD = '\r\n\r\n';
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Sends to one server over so many connections; what comes while all are busy waits for the first that is free. */
export class HttpClient {
  private readonly free: Connection[];
  private readonly all: readonly Connection[];
  private readonly waiting: ((connection: Connection) => void)[] = [];

  private constructor(connections: readonly Connection[]) {
    this.all = connections;
    this.free = [...connections];
  }

  static async open(port: number, connections: number): Promise<HttpClient> {
    return new HttpClient(await Promise.all(Array.from({ length: connections }, () => Connection.open(port))));
  }

  async post(request: HttpRequest): Promise<HttpResponse> {
    const connection = this.free.pop() ?? (await new Promise<Connection>((resolve) => this.waiting.push(resolve)));
    const response = await connection.post(request);
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.free.push(connection);
    return response;
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }
}

class Connection {
  private readonly socket: Socket;
  private received: Buffer[] = [];
  private answer: { resolve(response: HttpResponse): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (piece) => this.take(piece));
    socket.on('error', (error) => this.answer?.reject(error));
    socket.on('close', () => this.answer?.reject(new Error('the server closed the connection')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  post({ path, type, packets, body }: HttpRequest): Promise<HttpResponse> {
    const headers = ['host: localhost', `content-type: ${type}`, `content-length: ${body.length}`, `packets: ${packets}`];
    const head = `POST ${path} HTTP/1.1\r\n${headers.join('\r\n')}${END_OF_HEAD}`;
    return new Promise((resolve, reject) => {
      this.answer = { resolve, reject };
      this.socket.cork();
      this.socket.write(head);
      this.socket.write(body);
      this.socket.uncork();
    });
  }

  close(): void {
    this.answer = undefined;
    this.socket.destroy();
  }

  private take(piece: Buffer): void {
    this.received.push(piece);
    const whole = this.received.length === 1 ? piece : Buffer.concat(this.received);
    const response = readResponse(whole);
    if (!response) {
      this.received = [whole];
      return;
    }
    this.received = [];
    const { answer } = this;
    this.answer = undefined;
    answer?.resolve(response);
  }
}

/** The response in the bytes that there are; undefined while some are missing. Nothing may follow it. */
export function readResponse(bytes: Buffer): HttpResponse | undefined {
  const headEnd = bytes.indexOf(END_OF_HEAD);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase();
  const status = Number(head.slice('http/1.1 '.length, 'http/1.1 200'.length));
  const body = bytes.subarray(headEnd + END_OF_HEAD.length);
  if (head.includes('transfer-encoding: chunked')) {
    const isWhole = body.length >= LAST_CHUNK.length && body.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    return isWhole ? { status, body: joinChunks(body) } : undefined;
  }
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  return body.length < length ? undefined : { status, body };
}

function joinChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
