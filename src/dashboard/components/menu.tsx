import { DropdownMenu, Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { CheckIcon } from './icons.tsx';

/** Not modal: a modal menu writes a style element into the page, which the CSP refuses. */
export function Menu({
  trigger,
  children,
  wide = false,
  align = 'start',
}: {
  trigger: ReactNode;
  children: ReactNode;
  wide?: boolean;
  align?: 'start' | 'end';
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={12}
          className={`floating z-30 max-h-[70dvh] overflow-y-auto p-1 ${wide ? 'w-96 max-w-[calc(100vw-24px)]' : 'max-w-80 min-w-52'}`}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** A panel below its trigger, with fields in it. `children` is given what makes a handler close it first. */
export function PanelMenu({
  trigger,
  className,
  children,
}: {
  trigger: ReactNode;
  className: string;
  children: (closing: <T>(handle: (given: T) => void) => (given: T) => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={6} collisionPadding={12} className={`floating z-30 ${className}`}>
          {children((handle) => (given) => {
            setOpen(false);
            handle(given);
          })}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

export interface Option<T extends string> {
  value: T;
  name: string;
  description?: string;
}

export function MenuChoices<T extends string>({
  value,
  options,
  onChange,
}: {
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <DropdownMenu.RadioItem
          key={option.value}
          value={option.value}
          textValue={option.name}
          data-testid={`option-${option.value}`}
          className="menu-item"
        >
          <span className="mt-0.5 w-4 shrink-0 text-accent">{option.value === value ? <CheckIcon /> : null}</span>
          <span className="min-w-0">
            <span className="block truncate font-medium" title={option.name}>
              {option.name}
            </span>
            {option.description ? <span className="label block">{option.description}</span> : null}
          </span>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export const MenuSeparator = () => <DropdownMenu.Separator className="my-1 border-t border-line" />;

export function MenuItem({
  children,
  onSelect,
  testId,
}: {
  children: ReactNode;
  onSelect: () => void;
  testId?: string;
}) {
  return (
    <DropdownMenu.Item className="menu-item items-center" onSelect={onSelect} data-testid={testId}>
      {children}
    </DropdownMenu.Item>
  );
}
