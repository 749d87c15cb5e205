import { useEffect, useRef, useState } from 'react';

/**
 * The inner width of an element; 0 before it was measured. It is told a moment after a change: what is drawn to it needs
 * `max-w-full`, or a phone that is turned sees a page wider than itself until then.
 */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
