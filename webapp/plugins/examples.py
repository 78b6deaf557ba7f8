"""Small manifests to start from, one for each class of plugin."""

from __future__ import annotations

STATIC = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: opening_hours
  pluginClass: static
  description: When the reading room is open, and on which days it is closed.
  version: "1.0.0"
  tags:
    - library
spec:
  selector:
    directive: search_terms
    searchTerms:
      - opening hours
      - closed
  prompt:
    systemRole: You help visitors of a public library. Answer in one sentence.
    temperature: 0.2
    maxTokens: 512
  data:
    description: Opening hours by weekday.
    staticData:
      monday to friday: 09:00 to 18:00
      saturday: 10:00 to 14:00
      sunday: closed
"""

SQL = """\
apiVersion: smarter.sh/v1
kind: SqlPlugin
metadata:
  name: books_by_author
  pluginClass: sql
  description: The books of one author that the library holds, newest first.
  version: "1.0.0"
  tags:
    - library
spec:
  selector:
    directive: search_terms
    searchTerms:
      - books by
      - author
  prompt:
    systemRole: You help visitors of a public library to find books.
  # The name of a SqlConnection.
  connection: library_db
  sqlData:
    description: Title, year and shelf of every book of an author.
    sqlQuery: |
      SELECT title, year, shelf
      FROM books
      WHERE author = {author}
      ORDER BY year DESC
    parameters:
      - name: author
        type: string
        description: Full name of the author.
        required: true
    testValues:
      - name: author
        value: Ursula K. Le Guin
    limit: 20
"""

API = """\
apiVersion: smarter.sh/v1
kind: ApiPlugin
metadata:
  name: weather_forecast
  pluginClass: api
  description: The weather of the next five days for a city.
  version: "1.0.0"
  tags:
    - weather
spec:
  selector:
    directive: search_terms
    searchTerms:
      - weather
      - forecast
  prompt:
    systemRole: You answer questions about the weather. Give temperatures in degrees Celsius.
  # The name of an ApiConnection.
  connection: weather_api
  apiData:
    description: Forecast by day.
    endpoint: /forecast/{city}/
    method: GET
    parameters:
      - name: city
        type: string
        description: Name of the city.
        required: true
    testValues:
      - name: city
        value: Utrecht
"""
