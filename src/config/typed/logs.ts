import type { AccessLogPlan, ErrorLogPlan } from '../../plan/log-plan.ts';
import type { AccessLog, ErrorLog } from '../schema/user-settings.ts';
import { parseDuration, parseSize } from '../units.ts';
import { type Conversion, listOf } from './conversion.ts';

export function accessLogs(
  logs: false | AccessLog | readonly AccessLog[],
  conversion: Conversion,
): readonly AccessLogPlan[] {
  if (logs === false) return [];
  return listOf(logs).map((log) => ({
    target:
      log.to === 'stdout' || log.to === 'stderr' ? { kind: log.to } : { kind: 'file', path: conversion.path(log.to) },
    format: log.format ?? 'galley',
    bufferSize: parseSize(log.buffer ?? 0),
    flushMs: parseDuration(log.flush ?? '0s'),
    gzipLevel: log.gzip ?? 0,
    condition: log.if,
  }));
}

export function errorLogs(logs: ErrorLog | readonly ErrorLog[], conversion: Conversion): readonly ErrorLogPlan[] {
  return listOf(logs).map(({ to, level = 'error' }) => ({
    target: to === 'stderr' ? { kind: 'stderr' } : { kind: 'file', path: conversion.path(to) },
    level,
  }));
}
