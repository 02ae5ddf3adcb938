/** One measured value with its name, inside a description list. */
export function Fact({ term, value }: { term: string; value: string }) {
  return <div><dt>{term}</dt><dd className="num">{value}</dd></div>
}
