import type { PythonInterface } from '../app/options.ts';

/** What people call the interfaces. */
export const interfaceNames: Readonly<Record<PythonInterface, string>> = {
  asgi3: 'ASGI 3',
  asgi2: 'ASGI 2',
  wsgi: 'WSGI',
};
