"""Checks: functions of (task, trajectory, environment) that decide the reward.

The same functions score an episode while it runs and when `bench score` plays its record again.
"""
