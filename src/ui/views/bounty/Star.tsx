/** Watches a bounty, or no longer. */
export function Star({ on, title, onToggle }: { on: boolean; title: string; onToggle: () => void }) {
  return (
    <button type="button" className="button button-quiet icon-only star" aria-pressed={on} aria-label={`Watch “${title}”`} onClick={onToggle}>
      <svg className="icon" width={18} height={18} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d="M8 1.8l1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.6l-3.8 2 .7-4.3-3.1-3 4.3-.6z" fill={on ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth={1.3} strokeLinejoin="round" />
      </svg>
    </button>
  )
}
