/** Which calling convention a Python app has. */
export type PythonInterface = 'asgi3' | 'asgi2' | 'wsgi';

/** One Python app and how it is run. */
export interface AppOptions {
  /** `module:attribute`, the attribute with dots for members; `app` or `application` is looked for where it is left out. */
  readonly target: string;
  /** Absolute path of the folder that comes first on `sys.path` and is the workers' working folder. */
  readonly directory: string;
  /** The interpreter: a path or a command name; undefined means find it (see python.ts). */
  readonly python: string | undefined;
  readonly interface: 'auto' | PythonInterface;
  /** The attribute is called without arguments and returns the app. */
  readonly factory: boolean;
  readonly lifespan: 'auto' | 'on' | 'off';
  /** Where the app is mounted: '' or '/x' without a trailing slash. */
  readonly rootPath: string;
  /** How many worker processes; at least one. */
  readonly workers: number;
  /** Threads of one WSGI worker; at least one. */
  readonly threads: number;
  /** Whether this is development: the workers restart when a Python file below `directory` changes. */
  readonly reload: boolean;
  /** How long an app may take to begin its answer, in milliseconds; 0 means no limit. */
  readonly requestTimeoutMs: number;
  /** Added to the environment of the workers (from `--env-file`). */
  readonly environment: Readonly<Record<string, string>>;
}
