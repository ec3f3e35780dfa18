/** What Alertmanager sends to a webhook, as far as it is used here. */
export interface Notification {
  status: 'firing' | 'resolved';
  commonLabels: Readonly<Record<string, string>>;
  alerts: readonly Alert[];
}

export interface Alert {
  status: 'firing' | 'resolved';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<'summary' | 'traces' | 'runbook' | 'dashboard', string>>;
}

const title = ({ status, commonLabels }: Notification): string =>
  `[${status.toUpperCase()}] ${commonLabels['alertname'] ?? 'several alerts'}${commonLabels['job'] ? ` of ${commonLabels['job']}` : ''}`;

/** The message of a DingTalk robot. */
export function dingtalk(notification: Notification): object {
  const lines = notification.alerts.map(
    ({ status, labels, annotations: { summary, traces, runbook, dashboard } }) =>
      `- ${status}: ${summary} (owner: ${labels['owner']}): [traces](${traces}), [runbook](${runbook}), [charts](${dashboard})`,
  );
  const text = [`#### ${title(notification)}`, ...lines].join('\n');
  return { msgtype: 'markdown', markdown: { title: title(notification), text }, at: { isAtAll: false } };
}

/** What a voice says on the phone. It reads no links, and one alert is enough to get up. */
export function phone({ alerts }: Notification, to: readonly string[]): object {
  const [first] = alerts;
  return { to, text: `Waymark alert: ${first?.annotations.summary}. ${alerts.length > 1 ? `And ${alerts.length - 1} more.` : ''}`.trim() };
}

/** Providers split a longer message, and may send its parts in any order. */
const SMS_MAX = 140;

/** A short message, with the link to the traces if it fits. */
export function sms(notification: Notification, to: readonly string[]): object {
  const [first] = notification.alerts;
  const short = `${title(notification)}: ${first?.annotations.summary}`.slice(0, SMS_MAX);
  const whole = `${short} ${first?.annotations.traces}`;
  return { to, text: whole.length <= SMS_MAX ? whole : short };
}
