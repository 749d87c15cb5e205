/** The script tag: where it came from, and what its `data-` attributes say. There is none while a module is running. */
export const { src, dataset: tag } = document.currentScript as HTMLScriptElement;
