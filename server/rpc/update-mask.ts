import { invalid } from '../../core/errors.ts';

/** By path in the update mask: narrows that field of the request and says what it changes in the model. */
export type MaskedFields<M> = Readonly<Record<string, () => Partial<M>>>;

/** What the named fields change; fields that the mask does not name are not even looked at. */
export function maskedChanges<M>(
  mask: { readonly paths: readonly string[] } | null,
  fields: MaskedFields<M>,
): Partial<M> {
  const paths = mask?.paths ?? [];
  if (paths.length === 0) throw invalid('update_mask', 'must name at least one field');
  const changes: Partial<M> = {};
  for (const path of paths) {
    const narrow = Object.hasOwn(fields, path) ? fields[path] : undefined;
    if (narrow === undefined) {
      throw invalid('update_mask', `${JSON.stringify(path)} is not one of ${Object.keys(fields).join(', ')}`);
    }
    Object.assign(changes, narrow());
  }
  return changes;
}
