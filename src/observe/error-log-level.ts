/** nginx's levels, the gravest first. */
export const errorLogLevels = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const;

export type ErrorLogLevel = (typeof errorLogLevels)[number];

/** Whether a log of `threshold` takes what is of `level`. */
export function isLogged(level: ErrorLogLevel, threshold: ErrorLogLevel): boolean {
  return errorLogLevels.indexOf(level) <= errorLogLevels.indexOf(threshold);
}
