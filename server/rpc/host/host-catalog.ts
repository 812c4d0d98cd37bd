/** Ids of all registered hosts; one may be listed whose registration did not come to its end. */
export const HOST_CATALOG = 'host';
