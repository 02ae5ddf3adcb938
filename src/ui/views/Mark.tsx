/** The sign of the lab: a bead of gold left in the cupel. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path className="mark-cup" d="M4 13h24c0 8.5-5 14-12 14S4 21.5 4 13z" />
      <circle className="mark-bead" cx="16" cy="11.5" r="6" />
    </svg>
  )
}
