/** One app under one kind of request. */
export interface BenchCase {
  readonly name: string;
  readonly interface: 'asgi' | 'wsgi';
  /** `module:attribute` in `bench/apps`. */
  readonly app: string;
  /** The Python package that the app needs, if any. */
  readonly framework: string | undefined;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Size of the request's body, which is that many `x`, in bytes. */
  readonly requestSize: number;
  /** What every answer's body has to be, white space at its end aside (Flask ends JSON with a line feed). */
  readonly answer: string;
}

const item = '{"id":42,"name":"Galley","tags":["kitchen","ship"]}';
const get = { method: 'GET', path: '/', requestSize: 0 } as const;
const getItem = { ...get, path: '/items/42', answer: item } as const;
const bare = { ...get, framework: undefined, answer: 'Hello, world!' } as const;

export const benchCases: readonly BenchCase[] = [
  { ...bare, name: 'asgi-bare', interface: 'asgi', app: 'asgi_bare:app' },
  { ...bare, name: 'asgi-10k', interface: 'asgi', app: 'asgi_10k:app', answer: '0123456789abcdef'.repeat(640) },
  {
    name: 'asgi-post-echo',
    interface: 'asgi',
    app: 'asgi_post_echo:app',
    framework: undefined,
    method: 'POST',
    path: '/',
    requestSize: 1024,
    answer: 'x'.repeat(1024),
  },
  { ...getItem, name: 'fastapi-json', interface: 'asgi', app: 'fastapi_json:app', framework: 'fastapi' },
  { ...bare, name: 'wsgi-bare', interface: 'wsgi', app: 'wsgi_bare:app' },
  { ...getItem, name: 'flask-json', interface: 'wsgi', app: 'flask_json:app', framework: 'flask' },
];
