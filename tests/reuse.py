"""Making a used PostgreSQL database look new: much cheaper than dropping it and copying the template again."""

from __future__ import annotations

from typing import Any

import psycopg

USES_MAX = 100
"""Deleted rows and index entries pile up; after so many tests a fresh copy is cheaper."""

# In a schema of its own, which neither the application nor a comparison of models and tables looks at.
PREPARE = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.facts AS
    SELECT count(*) AS objects FROM pg_class WHERE relnamespace = 'public'::regnamespace;
CREATE TABLE pristine.sequences AS
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', 'rows_of_' || name, name);
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION pristine.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text;
    gone bigint;
    total bigint := 0;
BEGIN
    IF (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        <> (SELECT objects FROM pristine.facts)
    THEN
        RETURN false;  -- A test has made or dropped something.
    END IF;
    IF EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples > 0
    ) THEN
        RETURN false;  -- Statistics of one test would choose the plans of the next.
    END IF;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        GET DIAGNOSTICS gone = ROW_COUNT;
        total := total + gone;
    END LOOP;
    IF total > 5000 THEN
        RETURN false;
    END IF;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' AND tablename LIKE 'rows\\_of\\_%' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', substr(name, 9), name);
    END LOOP;
    PERFORM setval(format('public.%I', now.sequencename), coalesce(was.last_value, 1), was.last_value IS NOT NULL)
        FROM pg_sequences AS now JOIN pristine.sequences AS was USING (sequencename)
        WHERE now.schemaname = 'public' AND now.last_value IS DISTINCT FROM was.last_value;
    RETURN true;
END $$;
"""
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def prepare(uri: str) -> None:
    """Note in the template what an empty, migrated database holds."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(PREPARE)


def reset(uri: str) -> bool:
    """Bring a copy of the template back to what it was; tell whether that worked."""
    connection: psycopg.Connection[tuple[Any, ...]]
    with psycopg.connect(uri) as connection:
        connection.execute(OTHERS)
        # Without foreign keys and triggers the tables can be emptied in any order.
        connection.execute("SET session_replication_role = replica")
        row = connection.execute("SELECT pristine.reset()").fetchone()
        return bool(row and row[0])
