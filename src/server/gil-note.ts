import type { LoadedApp } from '../app/supervision/zygote.ts';

/** What to know of an app that runs on a free-threaded build of Python (PEP 703); undefined on any other. */
export function gilNote({ gil, interface: spoken }: Pick<LoadedApp, 'gil' | 'interface'>): string | undefined {
  if (gil === 'always') return undefined;
  if (gil === 'on') return 'this free-threaded Python has the GIL on, for a module that needs it: threads take turns';
  if (spoken === 'wsgi') return 'Python runs without the GIL: the threads of a WSGI worker run in parallel';
  return 'Python runs without the GIL, but an ASGI worker runs one event loop in one thread: use a worker for each CPU';
}
