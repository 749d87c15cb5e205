import type { ReactNode } from 'react';

function Icon({ children, size = 16 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      className="shrink-0"
    >
      {children}
    </svg>
  );
}

export const ChevronIcon = () => (
  <Icon size={14}>
    <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />
  </Icon>
);
export const BackIcon = () => (
  <Icon size={14}>
    <path d="M9.5 4.5 6 8l3.5 3.5" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 3.5v-.2c0-.5-.4-.8-.8-.8H3.3c-.5 0-.8.4-.8.8v6.4c0 .5.4.8.8.8h.2" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon size={12}>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M8 2.2 14.3 13a.4.4 0 0 1-.3.6H2a.4.4 0 0 1-.3-.6L8 2.2Z" />
    <path d="M8 6.5v3M8 11.6v.1" />
  </Icon>
);
export const CalendarIcon = () => (
  <Icon>
    <rect x="2.5" y="3.5" width="11" height="10" rx="1.5" />
    <path d="M2.5 6.8h11M5.5 2v2.5M10.5 2v2.5" />
  </Icon>
);
export const FunnelIcon = () => (
  <Icon>
    <path d="M2.5 4h11M4.5 8h7M6.5 12h3" />
  </Icon>
);
export const SplitIcon = () => (
  <Icon>
    <path d="M2.5 8h3c3 0 2.5-4 5.5-4h2.5M5.5 8c3 0 2.5 4 5.5 4h2.5" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M13.3 9.7A5.6 5.6 0 0 1 6.3 2.7a5.6 5.6 0 1 0 7 7Z" />
  </Icon>
);
export const SystemIcon = () => (
  <Icon>
    <rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1.3" />
    <path d="M5.5 13.7h5" />
  </Icon>
);
export const GearIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.1" />
    <path d="M8 1.6v1.9M8 12.5v1.9M1.6 8h1.9M12.5 8h1.9M3.5 3.5l1.3 1.3M11.2 11.2l1.3 1.3M12.5 3.5l-1.3 1.3M4.8 11.2l-1.3 1.3" />
    <circle cx="8" cy="8" r="4.6" />
  </Icon>
);
export const PersonIcon = () => (
  <Icon>
    <circle cx="8" cy="5.4" r="2.7" />
    <path d="M2.8 13.7c.6-2.6 2.7-4 5.2-4s4.6 1.4 5.2 4" />
  </Icon>
);
export const UpIcon = () => (
  <svg width="9" height="9" viewBox="0 0 9 9" aria-hidden="true" className="inline-block">
    <path d="M4.5 1.2 8.2 7.5H.8Z" fill="currentColor" />
  </svg>
);
export const DownIcon = () => (
  <svg width="9" height="9" viewBox="0 0 9 9" aria-hidden="true" className="inline-block">
    <path d="M4.5 7.8.8 1.5h7.4Z" fill="currentColor" />
  </svg>
);
export const Mark = () => (
  <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
    <rect width="32" height="32" rx="7" fill="#0b655d" />
    <path
      d="M7 8c5 0 5 8 9 8s4-8 9-8M7 16c5 0 5 8 9 8s4-8 9-8"
      fill="none"
      stroke="#fff"
      strokeWidth="2.6"
      strokeLinecap="round"
    />
  </svg>
);
