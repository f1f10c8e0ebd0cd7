import type { LimitExcept } from '../../plan/settings.ts';

/** The methods that nginx's `limit_except` does not limit: GET stands for HEAD too. */
export function exceptedMethods({ methods }: LimitExcept): ReadonlySet<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
}
