import type { ErrorLogLevel } from '../observe/error-log-level.ts';
import type { Template } from './site-plan.ts';

/** nginx `log_format`. `galley`, Galley's own format, and `combined` exist without one. */
export interface LogFormatPlan {
  readonly name: string;
  readonly escape: 'default' | 'json' | 'none';
  readonly text: Template;
}

/** One log that requests are written to. */
export interface AccessLogPlan {
  /** A path, relative ones made absolute, maybe with variables; `stdout` and `stderr` for those. */
  readonly target: { readonly kind: 'file'; readonly path: Template } | { readonly kind: 'stdout' | 'stderr' };
  /** The name of a format; `galley` or `combined` or of {@link LogFormatPlan}, or `galley-json`. */
  readonly format: string;
  /** Lines are kept until there is so much, in bytes; 0 for the end of the turn. */
  readonly bufferSize: number;
  /** For how long lines are kept at most. */
  readonly flushMs: number;
  /** Level of compression; 0 for none. */
  readonly gzipLevel: number;
  /** Logged where this is neither empty nor '0'. */
  readonly condition: Template | undefined;
}

export type { ErrorLogLevel };

/** One log of what goes wrong. */
export interface ErrorLogPlan {
  readonly target: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'stderr' };
  readonly level: ErrorLogLevel;
}
