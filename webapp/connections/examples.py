"""Small manifests to start from, one for each kind of this domain."""

from __future__ import annotations

SECRET = """\
apiVersion: smarter.sh/v1
kind: Secret
metadata:
  name: weather_api_key
  description: The key of the weather service.
  version: "1.0.0"
spec:
  config:
    value: write the key here
    expiration_date: 2030-12-31
"""

SQL_CONNECTION = """\
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata:
  name: library_db
  description: Books and loans, read only.
  version: "1.0.0"
  tags:
    - library
spec:
  connection:
    dbEngine: django.db.backends.postgresql
    authenticationMethod: tcpip
    hostname: db.example.com
    port: 5432
    database: library
    username: reader
    # The name of a Secret, not the password itself.
    password: library_db_password
    useSsl: true
"""

API_CONNECTION = """\
apiVersion: smarter.sh/v1
kind: ApiConnection
metadata:
  name: weather_api
  description: Forecasts for the next five days.
  version: "1.0.0"
  tags:
    - weather
spec:
  connection:
    baseUrl: https://weather.example.com/v1
    authMethod: token
    # The name of a Secret, not the key itself.
    apiKey: weather_api_key
    timeout: 10
"""
