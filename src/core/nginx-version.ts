/** The nginx whose features Galley has: what `$nginx_version` says and what tools that look for nginx's version find. */
export const nginxVersion = '1.28.0';
