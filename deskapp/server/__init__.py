"""The central server: takes change sets of stations, decides once, keeps one log per scope, and feeds it back."""
