/** The name whose SRV records tell of a service: `http` is of RFC 2782's form, a name with dots is taken as it is (nginx `service=`). */
export function serviceName(service: string, host: string): string {
  if (service.includes('.')) return `${service}.${host}`;
  return `${service.startsWith('_') ? '' : '_'}${service}._tcp.${host}`;
}
