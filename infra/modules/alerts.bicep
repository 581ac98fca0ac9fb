param location string
param tags object
param workspaceId string
param actionGroups array
