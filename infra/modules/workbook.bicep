param location string
param tags object
param workspaceId string
