/** Ids of public resources, all of them and by kind. */
export const publicCatalogs = {
  all: 'public',
  kind: (kind: string): string => `public@${kind}`,
};
