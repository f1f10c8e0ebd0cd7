import type { AppTraits } from './app-behaviours.ts';

/** An app of test/apps. */
export interface Framework extends AppTraits {
  readonly name: string;
  readonly target: string;
  readonly interface: 'ASGI 3' | 'WSGI';
}

const asgi = {
  interface: 'ASGI 3',
  errorPage: 'framework',
  raisesAfterAnswer: false,
  streamedUploads: ['length', 'chunked'],
  readsChunkedBody: true,
  backgroundTasks: true,
  lifespanState: false,
} as const;

const wsgi = { ...asgi, interface: 'WSGI', readsChunkedBody: false, backgroundTasks: false } as const;

export const asgiFrameworks: readonly Framework[] = [
  { ...asgi, name: 'FastAPI', target: 'fastapi_app:app', raisesAfterAnswer: true, lifespanState: true },
  { ...asgi, name: 'Starlette', target: 'starlette_app:app', raisesAfterAnswer: true, lifespanState: true },
  {
    ...asgi,
    name: 'Django, ASGI',
    target: 'django_site.asgi:application',
    streamedUploads: [],
    backgroundTasks: false,
  },
  { ...asgi, name: 'Falcon, ASGI', target: 'falcon_asgi_app:app' },
];

export const wsgiFrameworks: readonly Framework[] = [
  { ...wsgi, name: 'Django, WSGI', target: 'django_site.wsgi:application', streamedUploads: ['length'] },
  { ...wsgi, name: 'Flask', target: 'flask_app:app', readsChunkedBody: true },
  { ...wsgi, name: 'Bottle', target: 'bottle_app:app', errorPage: 'galley' },
  { ...wsgi, name: 'Falcon, WSGI', target: 'falcon_wsgi_app:app' },
];
