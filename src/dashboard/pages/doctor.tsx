import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import type { DoctorAnswer, FindingAnswer } from '../../http/contract.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button, buttonClass } from '../components/controls.tsx';
import { CodeBox } from '../components/copy.tsx';
import { CheckIcon } from '../components/icons.tsx';
import { Badge, ErrorNote, Skeleton } from '../components/states.tsx';
import { doctorQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { SEVERITIES } from '../words.ts';
import { useSite } from './site-frame.tsx';

export function DoctorPage() {
  const site = useSite();
  useTitle(`Check-up · ${site.name}`);
  const doctor = useQuery(doctorQuery(site.id));
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-xl font-semibold tracking-tight">Check-up</h1>
          <p className="mt-1 text-muted">
            Looks at the whole way from a visit to an attributed payment: recent payments, Stripe, webhooks and the
            script. Nothing is changed.
          </p>
        </div>
        <Button onClick={() => void doctor.refetch()} busy={doctor.isFetching} data-testid="doctor-again">
          {doctor.isFetching ? 'Checking…' : 'Check again'}
        </Button>
      </div>
      {doctor.data ? (
        <div className={`flex flex-col gap-5 ${doctor.isFetching ? 'settling' : ''}`} aria-busy={doctor.isFetching}>
          <Summary answer={doctor.data} timezone={site.timezone} />
          {doctor.data.findings.map((finding, index) => (
            <Finding key={`${finding.code}-${index}`} finding={finding} id={`${finding.code}-${index}`} />
          ))}
          <Checked checks={doctor.data.checks} />
        </div>
      ) : doctor.error ? (
        <div className="panel">
          <ErrorNote error={doctor.error} retry={() => void doctor.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-4">
          <p className="label" role="status">
            Asking Stripe and the stores…
          </p>
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-64 w-full" />
        </div>
      )}
    </div>
  );
}

function Summary({ answer, timezone }: { answer: DoctorAnswer; timezone: string }) {
  const { findings, checks } = answer;
  const passed = checks.filter(({ state }) => state === 'passed').length;
  const serious = findings.filter(({ severity }) => severity !== 'note').length;
  const checkedAt = `Checked ${formatMoment(answer.checked_at, timezone)}; ${passed} of ${checks.length} in order.`;
  if (serious === 0) {
    return (
      <div
        className="flex gap-3 rounded-lg border border-accent/30 bg-accent-soft px-4 py-3"
        role="status"
        data-testid="all-clear"
      >
        <span className="mt-0.5 text-accent">
          <CheckIcon />
        </span>
        <div>
          <p className="font-medium">{findings.length === 0 ? 'Nothing to mend.' : 'Nothing that has to be mended.'}</p>
          <p className="label">{checkedAt}</p>
        </div>
      </div>
    );
  }
  return (
    <p className="text-muted" role="status" data-testid="doctor-summary">
      <span className="font-medium text-ink">
        {serious} {serious === 1 ? 'thing' : 'things'} to mend.
      </span>{' '}
      {checkedAt}
    </p>
  );
}

function Finding({ finding, id }: { finding: FindingAnswer; id: string }) {
  const { tone, name } = SEVERITIES[finding.severity];
  return (
    <section
      className="panel overflow-hidden"
      aria-labelledby={`${id}-title`}
      data-testid="finding"
      data-code={finding.code}
      data-severity={finding.severity}
    >
      <div className="flex flex-col gap-2 px-4 py-4 sm:px-5">
        <div className="flex flex-wrap items-start gap-x-3 gap-y-1.5">
          <h2 id={`${id}-title`} className="min-w-0 flex-1 basis-64 font-semibold">
            {finding.title}
          </h2>
          <Badge tone={tone}>{name}</Badge>
        </div>
        <Paragraphs text={finding.detail} />
        {finding.objects.length > 0 ? <Objects ids={finding.objects} /> : null}
      </div>
      <div className="flex flex-col gap-2 border-t border-line px-4 py-4 sm:px-5" data-testid="remedy">
        <p>{finding.remedy.text}</p>
        {finding.remedy.code === null ? null : <Paste code={finding.remedy.code} testId={`remedy-${finding.code}`} />}
      </div>
    </section>
  );
}

/** An address is opened, anything else is copied. */
function Paste({ code, testId }: { code: string; testId: string }) {
  if (/^https:\/\/dashboard\.stripe\.com\/\S+$/.test(code)) {
    return (
      <p>
        <a href={code} target="_blank" rel="noopener noreferrer" className={buttonClass('quiet')} data-testid={testId}>
          Open Stripe’s form
        </a>
      </p>
    );
  }
  return <CodeBox label="the remedy" text={code} testId={testId} lines />;
}

function Paragraphs({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-1 text-muted">
      {text.split('\n').map((line) => (
        <p key={line} className="break-words">
          {line}
        </p>
      ))}
    </div>
  );
}

function Objects({ ids }: { ids: readonly string[] }) {
  return (
    <p className="label" data-testid="finding-objects">
      {ids.map((id, index) => (
        <Fragment key={id}>
          {index > 0 ? ' ' : null}
          <code className="mr-1 inline-block max-w-full rounded bg-sunk px-1.5 py-0.5 font-mono text-[0.8rem] break-all text-ink">
            {id}
          </code>
        </Fragment>
      ))}
    </p>
  );
}

/** What was looked at, so that silence is not mistaken for not looking. */
function Checked({ checks }: { checks: DoctorAnswer['checks'] }) {
  const passed = checks.filter(({ state }) => state === 'passed');
  const skipped = Map.groupBy(
    checks.filter(({ state }) => state === 'skipped'),
    ({ reason }) => reason ?? '',
  );
  return (
    <section className="panel px-4 py-4 sm:px-5" aria-label="What was checked" data-testid="checks">
      <h2 className="font-semibold">In order</h2>
      <ul className="mt-2 grid gap-x-6 gap-y-1 text-[0.9rem] sm:grid-cols-2">
        {passed.map(({ code, title }) => (
          <li key={code} className="flex items-start gap-2" data-testid="check-passed">
            <span className="mt-0.5 text-accent">
              <CheckIcon />
            </span>
            <span>{title}</span>
          </li>
        ))}
      </ul>
      {skipped.size > 0 ? (
        <>
          <h2 className="mt-4 font-semibold">Not checked</h2>
          <ul className="mt-2 flex flex-col gap-2 text-[0.9rem]">
            {[...skipped].map(([reason, list]) => (
              <li key={reason} className="break-words" data-testid="check-skipped">
                {list.map(({ title }) => title).join('; ')}: <span className="text-muted">{reason}</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}
