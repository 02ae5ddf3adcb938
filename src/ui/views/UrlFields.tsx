import type { DatasetSource } from '../../data/types'
import { missingOrigins } from '../state/reach'
import { datasetAddresses, formatOfUrl, URL_PRESETS } from '../state/settings'

type UrlSource = Extract<DatasetSource, { kind: 'url' }>

const FORMATS = ['text', 'jsonl', 'parquet'] as const

/** An address and how to read it, with a few known good ones. */
export function UrlFields({ source, onChange }: { source: UrlSource | null; onChange: (source: UrlSource) => void }) {
  const current: UrlSource = source ?? { kind: 'url', url: '', format: 'text' }
  const missing = missingOrigins(datasetAddresses(current))
  return (
    <div className="url-fields">
      <ul className="presets" aria-label="Known texts">
        {URL_PRESETS.map(({ label, note, source: preset }) => (
          <li key={label}>
            <button
              type="button"
              className="chip-button"
              aria-pressed={current.url === preset.url}
              title={note}
              onClick={() => onChange(preset)}
            >
              {label}
            </button>
          </li>
        ))}
      </ul>
      <label className="field">
        <span className="field-label">Address</span>
        <input
          type="url"
          inputMode="url"
          placeholder="https://…"
          value={current.url}
          onChange={(event) => {
            const url = event.target.value.trim()
            onChange({ kind: 'url', url, format: formatOfUrl(url) })
          }}
        />
      </label>
      <div className="field-row">
        <label className="field">
          <span className="field-label">Format</span>
          <select
            value={current.format}
            onChange={(event) => onChange({ ...current, format: FORMATS[event.target.selectedIndex] })}
          >
            {FORMATS.map((format) => <option key={format}>{format}</option>)}
          </select>
        </label>
        {current.format !== 'text' && (
          <label className="field">
            <span className="field-label">Column or field</span>
            <input
              type="text"
              placeholder="text"
              value={current.field ?? ''}
              onChange={(event) => onChange({ ...current, field: event.target.value || undefined })}
            />
          </label>
        )}
      </div>
      {source === null && <p className="note">Until there is an address the built-in stories are used.</p>}
      {missing.length > 0 && (
        <p className="note">
          This page reaches no server but its own unless you say so. Start lets it reach <b>{missing.join(' and ')}</b>, in
          this browser, from then on; for that the page reloads itself once, and what you have typed stays.
        </p>
      )}
      <p className="note">The server has to allow other pages to read it (CORS). What is fetched is kept in this browser.</p>
    </div>
  )
}
