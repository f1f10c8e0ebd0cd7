/** A time as people say it, such as `3 h 12 min`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / 1_000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600), Math.floor(seconds / 86_400)];
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** How long something took, such as `1.2 ms` or `1.4 s`; a dash where it is not known. */
export function latencyText(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 9_950 ? `${(ms / 1_000).toFixed(1)} s` : durationText(Math.round(ms / 1_000) * 1_000);
}

/** Memory, such as `48 MiB` or `700 B`; a dash where it is not known. */
export function memoryText(bytes: number | null): string {
  if (bytes === null) return '-';
  if (bytes < 1024) return `${bytes} B`;
  const kibibytes = bytes / 1024;
  if (kibibytes < 1023.5) return `${Math.round(kibibytes)} KiB`;
  const mebibytes = kibibytes / 1024;
  return mebibytes < 1023.5 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** A share of one as a percentage; a dash where it is not known. */
export function shareText(share: number | null): string {
  return share === null ? '-' : `${Math.round(share * 100)} %`;
}

/** How often something happens, such as `85.3/s`; a dash where it is not known. */
export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return '-';
  return `${perSecond < 99.95 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}

/** `1 worker`, `2 workers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
