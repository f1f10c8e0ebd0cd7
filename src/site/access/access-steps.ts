import type { AccessSettings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Step } from '../steps.ts';
import { createAddressCheck } from './address-check.ts';
import { createAuthRequest } from './auth-request.ts';
import { createBasicAuth } from './basic-auth.ts';
import { createGate } from './gate.ts';
import { exceptedMethods } from './limit-except.ts';

type Rules = Pick<AccessSettings, 'access' | 'basicAuth' | 'authRequest' | 'satisfy'>;

/**
 * Who may come in: by address, then by password, then by what a subrequest says, as nginx has it. Not for subrequests. Throws
 * PlanError.
 */
export function createAccessSteps(settings: AccessSettings, context: CompileContext): readonly Step[] {
  const { limitExcept } = settings;
  const gate = gateOf(settings, context);
  if (!limitExcept) return gate ? [gate] : [];
  const methods = exceptedMethods(limitExcept);
  const otherGate = gateOf(
    {
      ...settings,
      access: limitExcept.access.length > 0 ? limitExcept.access : settings.access,
      basicAuth: limitExcept.basicAuth === false ? undefined : (limitExcept.basicAuth ?? settings.basicAuth),
    },
    context,
  );
  return [(request) => (methods.has(request.method) ? gate : otherGate)?.(request)];
}

function gateOf({ access, basicAuth, authRequest, satisfy }: Rules, context: CompileContext): Step | undefined {
  const checks = [
    access.length > 0 ? createAddressCheck(access, satisfy) : undefined,
    basicAuth && createBasicAuth(basicAuth, context),
    authRequest && createAuthRequest(authRequest, context),
  ].filter((check) => check !== undefined);
  return checks.length > 0 ? createGate(checks, satisfy) : undefined;
}
