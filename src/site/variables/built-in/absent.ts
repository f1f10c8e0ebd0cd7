import type { BuiltIns } from './built-in.ts';

/** What belongs to parts that Galley does not have yet: without a value, as in an nginx that does not use them for a request. */
const names = `
  ancient_browser modern_browser msie
  connections_active connections_reading connections_waiting connections_writing
  fastcgi_path_info fastcgi_script_name
  geoip_area_code geoip_city geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
  geoip_city_country_name geoip_country_code geoip_country_code3 geoip_country_name geoip_dma_code geoip_latitude
  geoip_longitude geoip_org geoip_postal_code geoip_region geoip_region_name
  gzip_ratio http3 protocol
  tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd
  upstream_queue_time
`;

export const absentVariables: BuiltIns = Object.fromEntries(
  Array.from(names.matchAll(/\S+/g), ([name]) => [name, () => undefined]),
);
