/** What is loaded when it is first needed. @module */

/** A promise until it is there, then the thing itself. One that cannot be loaded is tried again the next time. */
export function loadedOnce<T extends object>(load: () => Promise<T>): () => T | Promise<T> {
  let loaded: T | undefined;
  let loading: Promise<T> | undefined;
  return () => {
    if (loaded !== undefined) return loaded;
    loading ??= load().then(
      (value) => loaded = value,
      (error) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
}
