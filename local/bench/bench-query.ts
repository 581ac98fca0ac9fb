/** A hunting query, and the SQL that somebody who knows DuckDB and the file would write for the same answer. */
export interface BenchQuery {
  readonly name: string;
  readonly kql: string;
  /** Over views of the Parquet files, named like the tables. */
  readonly sql: string;
}
