import { type LogFile, LogFileError } from '../../observe/log-file.ts';
import type { LogFiles } from '../../observe/log-files.ts';
import type { AccessLogPlan, LogFormatPlan } from '../../plan/log-plan.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { findLogFormat } from './log-format.ts';
import { VariableLogFiles } from './variable-log-files.ts';

/** What access logs are made with. */
export interface AccessLogContext {
  readonly compile: CompileContext;
  readonly files: LogFiles;
}

/** Writes a finished request, whose record is set, to the access logs of a location. */
export type AccessLogger = (request: SiteRequest) => void;

/** Makes the access logs of a location ready; undefined where there are none. Throws PlanError, also where a file cannot be opened. */
export function createAccessLogger(
  plans: readonly AccessLogPlan[],
  formats: readonly LogFormatPlan[],
  context: AccessLogContext,
): AccessLogger | undefined {
  const logs = plans.map((plan) => createLog(plan, formats, context));
  const [first] = logs;
  if (logs.length <= 1) return first;
  return (request) => {
    for (const log of logs) log(request);
  };
}

function createLog(
  plan: AccessLogPlan,
  formats: readonly LogFormatPlan[],
  { compile, files }: AccessLogContext,
): AccessLogger {
  const format = findLogFormat(plan.format, formats, compile);
  const fileOf = fileFinder(plan, compile, files);
  const log: AccessLogger = (request) => {
    fileOf(request)?.write(format(request));
  };
  if (plan.condition === undefined) return log;
  const condition = compile.template(plan.condition);
  return (request) => {
    const value = condition.evaluate(request);
    if (value !== '' && value !== '0') log(request);
  };
}

function fileFinder(
  plan: AccessLogPlan,
  compile: CompileContext,
  files: LogFiles,
): (request: SiteRequest) => LogFile | undefined {
  const { target } = plan;
  if (target.kind === 'file') {
    const path = compile.template(target.path);
    if (path.constant === undefined) {
      const variable = new VariableLogFiles(path, plan, files);
      return (request) => variable.find(request);
    }
    const file = open(files, path.constant, plan);
    return () => file;
  }
  const file = open(files, target.kind === 'stdout' ? 1 : 2, plan);
  return () => file;
}

function open(files: LogFiles, target: string | 1 | 2, plan: AccessLogPlan): LogFile {
  try {
    return files.open(target, plan);
  } catch (error) {
    throw error instanceof LogFileError ? new PlanError(error.message) : error;
  }
}
