export function cacheDirectory(...segments: string[]): string;
export function withLock<T>(file: string, action: () => Promise<T>): Promise<T>;
export function fillOnce(directory: string, fill: (staging: string) => Promise<void>): Promise<string>;
