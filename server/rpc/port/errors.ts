import { PlatformError } from '../../../core/errors.ts';

/** Something that a field of the request refers to is not there. */
export function missing(field: string, type: string, id: string): PlatformError {
  const description = `${type} ${JSON.stringify(id)} does not exist`;
  return new PlatformError('not_found', `${field}: ${description}`, {
    violations: [{ field, description }],
    resource: { type, id },
  });
}

/** What a field asks for belongs to somebody else. */
export function taken(field: string, type: string, id: string): PlatformError {
  const description = `${type} ${id} is in use`;
  return new PlatformError('already_exists', `${field}: ${description}`, {
    violations: [{ field, description }],
    resource: { type, id },
  });
}
