/** The status that a client gets: some of nginx's are for `error_page` alone, and sent as 400 (NGX_HTTP_OWN_CODES). */
export function sentStatus(status: number): number {
  return status >= 494 && status <= 497 ? 400 : status;
}
